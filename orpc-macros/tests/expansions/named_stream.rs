#[procedure]
pub fn numbers(app: &App) -> Result<BoxStream<'_, u32>, Refused> {
    Ok(app.numbers())
}
