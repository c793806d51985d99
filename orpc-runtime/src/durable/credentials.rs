//! The credentials of a client in the URI of its upgrade request.

use std::borrow::Cow;

use http::Uri;

/// Text of the refusal of a token.
pub(super) const INVALID: &str = "Invalid Token";

/// The id and the token of a client.
pub(super) struct Credentials<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) token: Cow<'a, str>,
}

impl<'a> Credentials<'a> {
    /// Reads them from a query; an error is the text of the refusal.
    pub(super) fn of(uri: &'a Uri) -> Result<Self, &'static str> {
        let [id, token] = query(uri.query().unwrap_or_default());
        let id = id.ok_or("ID is required")?;
        let token = token.filter(|token| !token.is_empty()).ok_or("Token is required")?;
        Ok(Self { id, token })
    }
}

/// Removes the credentials from the URI.
pub(super) fn without_token(uri: &Uri) -> Uri {
    let mut rest = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "id" && name != "token" {
            rest.append_pair(&name, &value);
        }
    }
    let rest = rest.finish();
    let target =
        if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) };
    target.parse().unwrap_or_default()
}

/// Returns the last `id` and the last `token` of a query.
fn query(text: &str) -> [Option<Cow<'_, str>>; 2] {
    let [mut id, mut token] = [None, None];
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match &*name {
            "id" => id = Some(value),
            "token" => token = Some(value),
            _ => {}
        }
    }
    [id, token]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_parameters_count() {
        assert_eq!(query("id=1&token=a&id=2&x=3"), [Some("2".into()), Some("a".into())]);
        assert_eq!(query("token=a%2Bb+c"), [None, Some("a+b c".into())]);
        assert_eq!(query(""), [None, None]);
    }
}
