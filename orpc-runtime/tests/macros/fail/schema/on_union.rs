use orpc_runtime::prelude::*;

#[derive(JsonSchema)]
union Bits {
    int: u32,
    float: f32,
}

fn main() {
    let _: Option<Bits>;
}
