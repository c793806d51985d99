// The module that workerd loads: what wasm-bindgen writes for bundlers, without a bundler.
import module from "./worker_bg.wasm";
import * as bindings from "./worker_bg.js";

const instance = new WebAssembly.Instance(module, { "./worker_bg.js": bindings });
bindings.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();

export default { fetch: (request, env, context) => bindings.fetch(request, env, context) };
