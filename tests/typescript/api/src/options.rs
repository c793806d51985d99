//! Optional and nullable members.

use orpc_runtime::prelude::*;
use orpc_runtime::value::Undefined;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Forms {
    plain: Option<u8>,
    #[serde(default)]
    default: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    both: Option<u8>,
    boxed: Option<Box<u8>>,
    twice: Option<Option<u8>>,
    unit: Option<()>,
    list: Option<Vec<Option<u8>>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Required {
    #[schemars(required)]
    required: Option<u8>,
    #[serde(deserialize_with = "Option::deserialize")]
    with: Option<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Selfish {
    name: String,
    next: Option<Box<Selfish>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct OfUndefined {
    maybe: Option<Undefined>,
    list: Vec<Option<Undefined>>,
}

torture! {
    forms: Forms = [
        Forms {
            plain: None,
            default: None,
            skipped: None,
            both: None,
            boxed: None,
            twice: None,
            unit: None,
            list: None,
        },
        Forms {
            plain: Some(1),
            default: Some(1),
            skipped: Some(1),
            both: Some(1),
            boxed: Some(Box::new(1)),
            twice: Some(Some(1)),
            unit: Some(()),
            list: Some(vec![None, Some(1)]),
        },
    ];
    required: Required = [
        Required { required: Some(0), with: None },
        Required { required: Some(1), with: Some(1) },
    ];
    selfish: Selfish = [
        Selfish { name: "a".to_owned(), next: None },
        Selfish {
            name: "a".to_owned(),
            next: Some(Box::new(Selfish { name: "b".to_owned(), next: None })),
        },
    ];
    of_undefined: OfUndefined = [
        OfUndefined { maybe: None, list: vec![None, Some(Undefined)] },
    ];
    number: Option<u8> = [None, Some(1)];
    twice: Option<Option<String>> = [None, Some(None), Some(Some(String::new()))];
    unit: Option<()> = [None, Some(())];
    list: Vec<Option<bool>> = [vec![], vec![None, Some(true)]];
    tuple: (Option<u8>, Option<String>) = [(None, None), (Some(1), Some(String::new()))];
    nothing: () = [()];
}
