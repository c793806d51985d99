use orpc_runtime::prelude::*;

#[procedure(with = missing)]
pub async fn first() {}

pub mod other {
    pub async fn plain() {}
}

#[procedure(with = [other::plain, other::missing])]
pub async fn second() {}

async fn plain() {}

#[procedure(with = plain)]
pub async fn third() {}

fn main() {
    async fn inside() {}

    #[procedure(with = inside)]
    async fn fourth() {}
}
