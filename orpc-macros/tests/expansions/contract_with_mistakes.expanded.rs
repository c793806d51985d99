trait Chat<
    T,
>: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static {
    #[allow(clippy::manual_async_fn)]
    fn generic<U>(
        &self,
        input: U,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = (),
    > + ::orpc_runtime::__private::Send;
    fn no_receiver();
    #[allow(clippy::manual_async_fn)]
    fn send(
        &self,
        input: String,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = (),
    > + ::orpc_runtime::__private::Send;
    const LIMIT: u8 = 1;
}
::core::compile_error! {
    "write `crate` here: there is no option `crat`"
}
::core::compile_error! {
    "write `async fn name(&self, …) -> …;`: a contract has procedures alone"
}
::core::compile_error! {
    "remove the parameters: a contract is of the types that clients know"
}
::core::compile_error! {
    "add `&self`: a contract's procedures are methods of what implements it"
}
::core::compile_error! {
    "remove `with`: what runs before a procedure is for the implementation to say, with `Router::behind`"
}
::core::compile_error! {
    "write the type itself: a procedure cannot be generic, its schema is that of one type"
}
::core::compile_error! {
    "write `async` before `fn`, or return `impl Stream<Item = …>`: a procedure does either"
}
