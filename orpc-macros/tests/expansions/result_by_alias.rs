#[procedure]
pub(crate) async fn read(input: (String)) -> io::Result<Vec<u8>> {
    Ok(Vec::new())
}
