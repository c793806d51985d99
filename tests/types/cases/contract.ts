// The contract says what the client's type says.
import { createORPCClient, type InferClientErrors, type InferClientInputs, type InferClientOutputs } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { ClientRetryPluginContext } from "@orpc/client/plugins";
import { type ContractRouterClient, type InferContractRouterInputs, type InferContractRouterOutputs, inferRPCMethodFromContractRouter } from "@orpc/contract";
import { expectTypeOf } from "expect-type";
import type { Client } from "../../conformance/client.ts";
import { contract } from "../../conformance/contract.ts";
import type { Client as Edges } from "../generated/edges/client.ts";
import type { contract as edges } from "../generated/edges/contract.ts";

type OfContract<C extends Record<PropertyKey, any> = Record<never, never>> = ContractRouterClient<typeof contract, C>;

expectTypeOf<OfContract>().toEqualTypeOf<Client>();
expectTypeOf<InferClientInputs<OfContract>>().toEqualTypeOf<InferClientInputs<Client>>();
expectTypeOf<InferClientOutputs<OfContract>>().toEqualTypeOf<InferClientOutputs<Client>>();
expectTypeOf<InferClientErrors<OfContract>>().toEqualTypeOf<InferClientErrors<Client>>();
expectTypeOf<InferContractRouterInputs<typeof contract>>().toEqualTypeOf<InferClientInputs<Client>>();
expectTypeOf<InferContractRouterOutputs<typeof contract>>().toEqualTypeOf<InferClientOutputs<Client>>();

expectTypeOf<ContractRouterClient<typeof edges>>().toEqualTypeOf<Edges>();
expectTypeOf<InferClientErrors<ContractRouterClient<typeof edges>>>().toEqualTypeOf<InferClientErrors<Edges>>();

// The types are interchangeable.
export const there = (client: Client): OfContract => client;
export const back = (client: OfContract): Client => client;
export const thereAgain = (client: Client<ClientRetryPluginContext>): OfContract<ClientRetryPluginContext> => client;
export const backAgain = (client: OfContract<ClientRetryPluginContext>): Client<ClientRetryPluginContext> => client;

export const client: Client = createORPCClient(
  new RPCLink({ url: "http://localhost/rpc", method: inferRPCMethodFromContractRouter(contract) }),
);
