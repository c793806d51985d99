export type { Client, RoomEvent } from "./client";
