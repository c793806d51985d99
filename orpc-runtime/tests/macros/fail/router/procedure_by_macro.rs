use orpc_runtime::prelude::*;

macro_rules! procedures {
    ($($name:ident)*) => {
        $(#[procedure] pub async fn $name() {})*
    };
}

macro_rules! cfg_if {
    ($($tokens:tt)*) => {};
}

#[router]
pub mod api {
    use super::*;

    macro_rules! own {
        ($name:ident) => {
            #[procedure]
            pub async fn $name() {}
        };
    }

    #[procedure]
    pub async fn ping() {}

    procedures!(send list);

    own!(reset);

    cfg_if! {
        if #[cfg(unix)] {
            #[procedure]
            pub async fn signal() {}
        }
    }
}

fn main() {
    let _: Router<()> = api::router();
}
