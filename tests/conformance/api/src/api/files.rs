//! Files in inputs and outputs.

use orpc_runtime::prelude::*;
use orpc_runtime::value::{File, Number};
use sha2::{Digest as _, Sha256};

use crate::Session;

/// Some files with a title.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Upload {
    title: String,
    file: File,
    #[schemars(length(max = 5))]
    more: Vec<File>,
}

/// Description of a received file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Described {
    name: String,
    #[serde(rename = "type")]
    content_type: String,
    size: Number<u64>,
    sha256: String,
}

/// Description of a received upload.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DescribedUpload {
    title: String,
    file: Described,
    more: Vec<Described>,
}

/// Description of a file to send.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Wanted {
    #[schemars(range(max = 10_485_760))]
    size: u32,
    name: String,
}

async fn describe_file(file: &File) -> Result<Described, Error> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut blocks = file.reader();
    while let Some(block) = blocks.next().await.transpose()? {
        size += block.len() as u64;
        hash.update(&block);
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Described {
        name: file.name().to_owned(),
        content_type: file.content_type().to_owned(),
        size: Number(size),
        sha256,
    })
}

/// `files.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Describes files.
    #[procedure]
    pub async fn describe(input: Upload) -> Result<DescribedUpload, Error> {
        let file = describe_file(&input.file).await?;
        let mut more = Vec::with_capacity(input.more.len());
        for file in &input.more {
            more.push(describe_file(file).await?);
        }
        Ok(DescribedUpload { title: input.title, file, more })
    }

    /// Makes a file.
    #[procedure]
    pub async fn make(input: Wanted) -> File {
        let bytes: Vec<u8> = (0..=250).cycle().take(input.size as usize).collect();
        File::new(input.name, "application/octet-stream", bytes)
    }
}
