#[contract(crat = "renamed")]
trait Chat<T> {
    async fn generic<U>(&self, input: U);

    const LIMIT: u8 = 1;

    fn no_receiver();

    #[procedure(with = limited)]
    async fn send(&self, input: String);
}
