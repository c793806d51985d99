//! Procedures in functions, private modules and other files' routers.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

mod private {
    use orpc_runtime::procedure;

    #[procedure]
    pub(in crate::elsewhere::private) async fn restricted() {}

    #[procedure]
    async fn secret() {}

    #[procedure]
    pub(super) async fn visible() {}

    pub(super) fn router<C: Send + Sync + 'static>() -> orpc_runtime::Router<C> {
        orpc_runtime::Router::new().procedure::<secret, _>().procedure::<restricted, _>()
    }
}

#[router]
mod with_inner_attributes {
    //! Documented inside.
    #![allow(unused_variables)]

    use orpc_runtime::procedure;

    macro_rules! nothing {
        () => {};
    }

    nothing!();
    nothing! {}

    pub struct Unit;
    pub static TABLE: [u8; 2] = [1, 2];
    pub const PAIR: (u8, u8) = {
        let one = 1;
        (one, 2)
    };

    impl Unit {
        pub fn new() -> Self {
            let unused = (TABLE, PAIR);
            Self
        }
    }

    #[procedure]
    pub async fn ping() {
        let _ = Unit::new();
    }
}

pub fn main() {
    #[middleware]
    async fn inside() -> u8 {
        7
    }

    #[procedure(with = inside)]
    async fn behind(number: &u8) -> u8 {
        *number
    }

    let _: Router<()> = Router::new().procedure::<behind, _>();

    #[procedure]
    async fn local(text: String) -> usize {
        text.len()
    }

    let router: Router<()> = private::router()
        .procedure::<local, _>()
        .procedure::<private::visible, _>()
        .nest("inner", with_inner_attributes::router());
    assert_eq!(router.procedures().len(), 5);
}
