//! Values that JSON lacks, and files.

// #region values
use chrono::{DateTime, Utc};
use orpc_runtime::prelude::*;
use orpc_runtime::value::{As, BigInt, Date, Number, Set};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Booking {
    /// A `bigint`: a number of JavaScript cannot hold every `u64`.
    id: u64,
    /// A `number`, as long as it is exact.
    count: Number<u64>,
    #[schemars(range(min = 1))]
    price: BigInt,
    #[schemars(length(min = 1, max = 9))]
    seats: Set<u8>,
    #[schemars(extend("formatMinimum" = "2024-01-01T00:00:00Z"))]
    from: Date,
    /// A `Date` of JavaScript, a `DateTime` of chrono here.
    #[serde(with = "orpc_runtime::value::date")]
    to: DateTime<Utc>,
    #[serde(with = "As::<Option<Date>>", default)]
    paid: Option<DateTime<Utc>>,
}
// #endregion values

// #region files
use orpc_runtime::value::File;

#[derive(Deserialize, JsonSchema)]
pub struct Upload {
    title: String,
    file: File,
    #[schemars(length(max = 5))]
    more: Vec<File>,
}

#[derive(Serialize, JsonSchema)]
pub struct Size {
    title: String,
    bytes: Number<u64>,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn book(booking: Booking) -> Booking {
        booking
    }

    /// Reads the files block by block: a large one lies in a temporary file.
    #[procedure]
    pub async fn upload(input: Upload) -> Result<Size, Error> {
        let mut bytes = 0;
        for file in input.more.iter().chain([&input.file]) {
            let mut reader = file.reader();
            while let Some(block) = reader.next().await {
                bytes += block?.len() as u64;
            }
        }
        Ok(Size { title: input.title, bytes: Number(bytes) })
    }

    /// A file whose bytes are made while they are sent.
    #[procedure]
    pub async fn report() -> File {
        let lines = (0..1000).map(|n| Ok::<_, std::io::Error>(format!("{n}\n").into()));
        File::from_stream("numbers.txt", "text/plain", orpc_runtime::futures::stream::iter(lines))
    }
}
// #endregion files

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_return_with_their_types() {
        crate::check_client(&api::router::<()>(), "values");
        let input = serde_json::json!({
            "json": {
                "id": "9007199254740993", "count": 2, "price": "12", "seats": [1, 2],
                "from": "2026-01-01T00:00:00.000Z", "to": "2026-01-02T00:00:00.000Z",
            },
            "meta": [[0, "id"], [0, "price"], [6, "seats"], [1, "from"], [1, "to"]],
        });
        let rpc = Rpc::new(api::router());
        let (status, body) = crate::post(rpc.http(()), "/book", &input.to_string()).await;
        assert_eq!((status, &body["json"]["id"]), (200, &"9007199254740993".into()), "{body}");
        let upload = Upload {
            title: "two".into(),
            file: File::new("a", "", "abc"),
            more: vec![File::new("b", "", "de")],
        };
        assert_eq!(api::upload(upload).await.unwrap().bytes.0, 5);
        assert_eq!(api::report().await.bytes().await.unwrap().len(), 3890);
    }
}
