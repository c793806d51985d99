pub enum SendError<T> {
    #[rpc_error(code = "tooFast", status = 200)]
    TooFast,
    #[rpc_error(sttus = 404)]
    Gone(T, T),
}
::core::compile_error! {
    "write the types themselves: an error that clients know cannot be generic"
}
::core::compile_error! {
    "write the code in UPPER_SNAKE_CASE, such as `RATE_LIMITED`"
}
::core::compile_error! {
    "write a status within 400..=599: others are not errors"
}
::core::compile_error! {
    "write `status` here: there is no option `sttus`"
}
::core::compile_error! {
    "name these fields, `{ … }`: the error's data is an object of them"
}
impl<T> ::orpc_runtime::__private::RpcError for SendError<T>
where
    Self: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
{
    fn into_error(self) -> ::orpc_runtime::__private::Error {
        ::orpc_runtime::__private::unreachable()
    }
}
pub struct NoEnum;
::core::compile_error! {
    "make this an enum with one variant for each error: RpcError is derived for enums"
}
impl ::orpc_runtime::__private::RpcError for NoEnum
where
    Self: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
{
    fn into_error(self) -> ::orpc_runtime::__private::Error {
        ::orpc_runtime::__private::unreachable()
    }
}
