//! Which request goes to which function.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use crate::route::Route;
use crate::template::TEMPLATE;

/// Every route of `template.yaml`, ordered by function and event name.
#[must_use]
pub fn routes() -> &'static [Route] {
    &TEMPLATE.routes
}

/// A request's route and the parameters in its path, each decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The route.
    pub route: Route,
    /// Name and value of every parameter, in the order of the path.
    pub parameters: Vec<(String, String)>,
}

/// A path whose percent-encoding does not decode to UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPath;

/// Finds routes, one radix tree a method.
#[derive(Clone, Debug)]
pub struct Router {
    routes: Vec<Route>,
    methods: HashMap<String, matchit::Router<usize>>,
}

impl Router {
    /// A router of these routes. Fails with the text of the conflict when two of one method cannot be told apart.
    pub fn new(routes: &[Route]) -> Result<Self, String> {
        let mut methods: HashMap<String, matchit::Router<usize>> = HashMap::new();
        for (index, route) in routes.iter().enumerate() {
            let tree = methods.entry(route.method.clone()).or_default();
            tree.insert(pattern(&route.path), index).map_err(|e| format!("{}: {e}", route.route_key))?;
        }
        Ok(Self { routes: routes.to_vec(), methods })
    }

    /// The route of `method` and `path`, the path as it was sent. Segments are told apart before anything is
    /// decoded: `%2F` never ends one, and reaches the parameter as `/`. A method of its own wins over `ANY`.
    pub fn find(&self, method: &str, path: &str) -> Result<Option<Match>, BadPath> {
        for method in [method, "ANY"] {
            let Some(found) = self.methods.get(method).and_then(|tree| tree.at(path).ok()) else { continue };
            let Some(route) = self.routes.get(*found.value) else { continue };
            let mut parameters = Vec::new();
            for (name, value) in found.params.iter() {
                let value = percent_decode_str(value).decode_utf8().map_err(|_| BadPath)?;
                parameters.push((name.to_owned(), value.into_owned()));
            }
            return Ok(Some(Match { route: route.clone(), parameters }));
        }
        Ok(None)
    }
}

/// SAM writes the rest of a path as `{proxy+}`, matchit as `{*proxy}`.
fn pattern(path: &str) -> String {
    match path.strip_suffix("+}").and_then(|rest| rest.rsplit_once('{')) {
        Some((before, name)) => format!("{before}{{*{name}}}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(keys: &[&str]) -> Router {
        let routes: Vec<_> = keys
            .iter()
            .map(|key| {
                let (method, path) = key.split_once(' ').unwrap();
                Route {
                    route_key: (*key).into(),
                    method: method.into(),
                    path: path.into(),
                    function: "F".into(),
                }
            })
            .collect();
        Router::new(&routes).unwrap()
    }

    fn found(router: &Router, method: &str, path: &str) -> Option<(String, Vec<String>)> {
        let found = router.find(method, path).unwrap()?;
        Some((found.route.route_key, found.parameters.into_iter().map(|(_, value)| value).collect()))
    }

    #[test]
    fn parameters_are_decoded_once_and_keep_their_segment() {
        let router = router(&["GET /users/{userId}", "GET /users/{userId}/events"]);
        let key = "GET /users/{userId}".to_owned();
        assert_eq!(found(&router, "GET", "/users/@lucas"), Some((key.clone(), vec!["@lucas".into()])));
        assert_eq!(found(&router, "GET", "/users/%40lucas"), Some((key.clone(), vec!["@lucas".into()])));
        assert_eq!(found(&router, "GET", "/users/a%2Fevents"), Some((key.clone(), vec!["a/events".into()])));
        assert_eq!(found(&router, "GET", "/users/%2540"), Some((key.clone(), vec!["%40".into()])));
        assert_eq!(found(&router, "GET", "/users/%E3%81%82"), Some((key, vec!["あ".into()])));
        assert_eq!(router.find("GET", "/users/%ff"), Err(BadPath));
    }

    #[test]
    fn router_finds_its_routes_only() {
        let router = router(&["GET /users/{userId}", "PATCH /users/me", "ANY /hook/{proxy+}"]);
        assert_eq!(
            found(&router, "GET", "/users/me"),
            Some(("GET /users/{userId}".into(), vec!["me".into()]))
        );
        assert_eq!(found(&router, "PATCH", "/users/me"), Some(("PATCH /users/me".into(), vec![])));
        assert_eq!(
            found(&router, "PUT", "/hook/a/b"),
            Some(("ANY /hook/{proxy+}".into(), vec!["a/b".into()]))
        );
        for (method, path) in [
            ("PATCH", "/users/you"),
            ("HEAD", "/users/me"),
            ("GET", "/users/"),
            ("GET", "/users"),
            ("GET", "/users/a/"),
            ("GET", "//users/a"),
            ("GET", "/users/a/b"),
            ("GET", "*"),
            ("GET", ""),
        ] {
            assert_eq!(found(&router, method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn deployed_routes_are_distinct() {
        Router::new(routes()).unwrap();
    }
}
