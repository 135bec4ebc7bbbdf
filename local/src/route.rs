//! A route of `template.yaml`.

/// One route of `template.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Method and path as the event carries them, such as `PUT /open/v5/users/{userId}`.
    pub route_key: String,
    /// The method in upper case, or `ANY`.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// Logical id of the function, such as `BootFunction`.
    pub function: String,
}
