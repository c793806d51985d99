/// Finds messages.
///
/// The newest first.
#[procedure(name = "search", method = GET, meta(auth = true, role = "admin", limit = 5, rate = 0.5), validate = checks::short)]
#[deprecated(since = "1.2.0", note = "use `query`")]
#[allow(unused_variables)]
pub async fn find(mut input: Option<String>) -> Vec<String> {
    Vec::new()
}
