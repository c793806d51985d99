use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}

    pub mod admin {
        use super::*;

        #[procedure]
        pub async fn reset() {}
    }

    mod deeper {
        pub mod still {
            #[orpc_runtime::router]
            pub mod routed {
                #[cfg_attr(all(), orpc_runtime::procedure)]
                pub async fn reset() {}
            }
        }
    }

    #[cfg(test)]
    mod tests {
        #[orpc_runtime::procedure]
        async fn double() {}
    }
}

fn main() {
    let _: Router<()> = api::router();
}
