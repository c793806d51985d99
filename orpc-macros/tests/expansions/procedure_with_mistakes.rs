#[procedure(nmae = "post")]
#[cfg(unix)]
pub async fn send<T>(a: String, b: String) -> &'static str {
    a
}

#[procedure]
pub struct NoFunction;
