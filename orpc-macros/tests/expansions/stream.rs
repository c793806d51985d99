#[procedure]
pub fn ticks(input: Every) -> impl Stream<Item = Event<Tick>> + use<> {
    ticks_of(input)
}
