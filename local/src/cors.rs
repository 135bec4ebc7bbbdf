//! CORS as an HTTP API of API Gateway does it by itself, from the template's `CorsConfiguration`.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

/// The gateway sets these itself and drops those of a function.
const OWNED: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// A CORS configuration, as header values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<String>,
    methods: Option<HeaderValue>,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
}

impl Cors {
    /// Reads SAM's `CorsConfiguration`; what is absent or of another type is not sent.
    #[must_use]
    pub fn from_template(value: &Value) -> Self {
        let joined =
            |key: &str| HeaderValue::from_str(&list(value, key).join(",")).ok().filter(|v| !v.is_empty());
        Self {
            origins: list(value, "AllowOrigins"),
            methods: joined("AllowMethods"),
            headers: joined("AllowHeaders").map(lower),
            expose: joined("ExposeHeaders").map(lower),
            max_age: value.get("MaxAge").and_then(Value::as_u64).map(HeaderValue::from),
        }
    }

    /// The answer to a preflight: 204, whatever its path. `None` if the request is none, that is, if it is not
    /// an `OPTIONS` with both `Origin` and `Access-Control-Request-Method`.
    #[must_use]
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Bytes>> {
        let asked = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = headers.get(ORIGIN).filter(|_| asked)?;
        let mut reply = Response::new(Bytes::new());
        *reply.status_mut() = StatusCode::NO_CONTENT;
        if let Some(allowed) = self.allowed(origin) {
            let headers = reply.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            set(headers, ACCESS_CONTROL_ALLOW_METHODS, self.methods.as_ref());
            set(headers, ACCESS_CONTROL_ALLOW_HEADERS, self.headers.as_ref());
            set(headers, ACCESS_CONTROL_MAX_AGE, self.max_age.as_ref());
        }
        Some(reply)
    }

    /// Puts the headers of a normal reply to a request from `origin`, its Origin header, instead of those the
    /// function may have set.
    pub fn decorate(&self, origin: Option<&HeaderValue>, reply: &mut HeaderMap) {
        for name in OWNED {
            reply.remove(name);
        }
        if let Some(allowed) = origin.and_then(|origin| self.allowed(origin)) {
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            set(reply, ACCESS_CONTROL_EXPOSE_HEADERS, self.expose.as_ref());
        }
    }

    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        if self.origins.iter().any(|allowed| allowed == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<&HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value.clone());
    }
}

fn list(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn lower(value: HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(&value.as_bytes().to_ascii_lowercase()).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn preflight_alone_is_answered() {
        let cors = Cors::from_template(&json!({
            "AllowOrigins": ["*"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["Content-Type", "x-session"],
            "MaxAge": 600
        }));
        let origin = (ORIGIN, "https://shop.example");
        let method = (ACCESS_CONTROL_REQUEST_METHOD, "POST");
        assert!(cors.preflight(&Method::OPTIONS, &headers(std::slice::from_ref(&origin))).is_none());
        assert!(cors.preflight(&Method::GET, &headers(&[origin.clone(), method.clone()])).is_none());
        let reply = cors.preflight(&Method::OPTIONS, &headers(&[origin, method])).unwrap();
        assert_eq!(reply.status(), 204);
        let header = |name: HeaderName| reply.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header(ACCESS_CONTROL_ALLOW_ORIGIN), Some("*"));
        assert_eq!(header(ACCESS_CONTROL_ALLOW_METHODS), Some("GET,POST"));
        assert_eq!(header(ACCESS_CONTROL_ALLOW_HEADERS), Some("content-type,x-session"));
        assert_eq!(header(ACCESS_CONTROL_MAX_AGE), Some("600"));
        assert_eq!(header(ACCESS_CONTROL_ALLOW_CREDENTIALS), None);
    }

    #[test]
    fn gateway_headers_replace_those_of_the_function() {
        let cors = Cors::from_template(
            &json!({"AllowOrigins": ["https://a.example"], "ExposeHeaders": ["Retry-After"]}),
        );
        let mut reply =
            headers(&[(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")]);
        cors.decorate(Some(&HeaderValue::from_static("https://b.example")), &mut reply);
        assert!(reply.is_empty());
        cors.decorate(None, &mut reply);
        assert!(reply.is_empty());
        cors.decorate(Some(&HeaderValue::from_static("https://a.example")), &mut reply);
        assert_eq!(reply.get(ACCESS_CONTROL_ALLOW_ORIGIN).unwrap(), "https://a.example");
        assert_eq!(reply.get(ACCESS_CONTROL_EXPOSE_HEADERS).unwrap(), "retry-after");
    }
}
