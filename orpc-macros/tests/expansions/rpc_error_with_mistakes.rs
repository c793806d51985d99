#[derive(RpcError)]
pub enum SendError<T> {
    #[rpc_error(code = "tooFast", status = 200)]
    TooFast,
    #[rpc_error(sttus = 404)]
    Gone(T, T),
}

#[derive(RpcError)]
pub struct NoEnum;
