//! The hidden type beside a function.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Visibility};

/// Returns the hidden type beside the function.
pub(crate) fn marker(ident: &Ident, visibility: &Visibility, cfgs: &[Attribute]) -> TokenStream {
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #ident {}
    }
}
