use orpc_runtime::EventIterator;
use orpc_runtime::prelude::*;

#[procedure]
pub async fn sum(numbers: &mut EventIterator<u32>) -> u32 {
    let mut sum = 0;
    while let Some(Ok(_)) = numbers.next().await {
        sum += 1;
    }
    sum
}

#[procedure]
pub async fn first(numbers: &EventIterator<u32>) -> u32 {
    let _ = numbers;
    0
}

fn main() {}
