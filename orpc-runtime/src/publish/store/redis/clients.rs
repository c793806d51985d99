//! The clients that all processes of a server know: scripts, each of which is executed as a whole.

use std::time::Duration;

use redis::{Script, ScriptInvocation};
use sha2::{Digest as _, Sha256};

use super::super::copied::{
    CHOSEN_BYTES, ClientKey, ClientServer, ENTRY_BYTES, Position, REVOKED_BYTES, Revoked, Revoking,
    fresh_epoch,
};
use super::RedisServer;
use super::script::announce;
use crate::connection::CallError;
use crate::publish::clock::millis;
use crate::publish::{Admission, Verdict};
use crate::redis_server::{Link, slot_of_tag};

/// Number of bytes that the server needs for an id or a token, as measured on Redis 7.
const BINDING: usize = 320;

/// Number of clients in one answer.
const PAGE: usize = 500;

/// The scripts, and the names of their keys. The part in braces keeps them together in a cluster; no channel has it.
pub(super) struct ClientScripts {
    admit: Script,
    revoke: Script,
    revoked: Script,
    prefix: Box<str>,
    /// Name under which revocations are announced.
    pub(super) announced: Box<str>,
    /// The hash slot of all of them in a cluster.
    pub(super) slot: u16,
}

impl ClientScripts {
    /// The database is `None` in a cluster.
    pub(super) fn new(prefix: &str, database: Option<i64>) -> Self {
        let announce = announce(database.is_none());
        let clock = include_str!("clients.lua");
        let script = |text: &str| Script::new(&format!("{announce}{clock}\n{text}"));
        let announced = match database {
            Some(database) => format!("{prefix}:{database}"),
            None => format!("{prefix}:clients:{{{prefix}}}"),
        };
        Self {
            admit: script(include_str!("admit.lua")),
            revoke: script(include_str!("revoke.lua")),
            revoked: script(include_str!("revoked.lua")),
            prefix: format!("{prefix}:clients:{{{prefix}}}:").into(),
            announced: announced.into(),
            slot: slot_of_tag(prefix),
        }
    }

    fn invoke<'s>(
        &self,
        script: &'s Script,
        keys: &[&str],
        now: Option<u64>,
    ) -> ScriptInvocation<'s> {
        let mut invocation = script.prepare_invoke();
        for key in keys {
            invocation.key(format!("{}{key}", self.prefix));
        }
        invocation.arg(now.map(|now| now.to_string()).unwrap_or_default());
        invocation
    }
}

impl ClientServer for RedisServer {
    async fn watch_clients(&self, link: &Link) -> Result<(), CallError> {
        link.subscribe(&[self.clients.announced.to_string()]).await
    }

    fn are_clients_announced(&self, link: &Link) -> bool {
        link.is_subscribed(&self.clients.announced)
    }

    async fn revoked(&self, link: &Link, behind: Option<&Position>) -> Result<Revoked, CallError> {
        let mut reading =
            self.clients.invoke(&self.clients.revoked, &["revoked", "mark", "order"], self.now());
        let (epoch, number) = behind.map_or(("", 0), |position| (&position.epoch, position.number));
        reading.arg(epoch).arg(number).arg(PAGE);
        let answer: Vec<String> = link.invoke(&reading).await?;
        revoked(behind, &answer).ok_or_else(|| self.malformed())
    }

    async fn revoke(
        &self,
        link: &Link,
        client: &ClientKey,
        time: Duration,
    ) -> Result<Revoking, CallError> {
        let keys = ["revoked", "mark", "order", "ends"];
        let mut revoking = self.clients.invoke(&self.clients.revoke, &keys, self.now());
        let fresh = fresh_epoch().map_err(CallError::Refused)?;
        revoking.arg(client.text()).arg(millis(time)).arg(fresh.to_string());
        revoking.arg(REVOKED_BYTES).arg(ENTRY_BYTES).arg(&*self.clients.announced);
        let slot = self.clients.slot;
        match self.servers.invoke::<String>(link.clone(), slot, &revoking).await?.as_str() {
            "done" => Ok(Revoking::Done),
            "full" => Ok(Revoking::Full),
            _ => Err(self.malformed()),
        }
    }

    async fn admit(&self, link: &Link, admission: &Admission) -> Result<Verdict, CallError> {
        let client = ClientKey::new(&admission.channel, &admission.id);
        let keys = ["revoked", "grants", "tokens", "bound"];
        let mut admitting = self.clients.invoke(&self.clients.admit, &keys, self.now());
        admitting.arg(client.text());
        match &admission.choice {
            None => admitting.arg("named"),
            Some(choice) => {
                let bound = choice.bound.map(|time| millis(time).to_string());
                admitting.arg(bound.unwrap_or_default());
                admitting.arg(&Sha256::digest(client.text())[..]);
                admitting.arg(&choice.token[..]).arg(&choice.grant[..]);
                admitting.arg(u8::from(choice.is_renewal)).arg(CHOSEN_BYTES / BINDING)
            }
        };
        let slot = self.clients.slot;
        match self.servers.invoke::<String>(link.clone(), slot, &admitting).await?.as_str() {
            "admitted" => Ok(Verdict::Admitted),
            "revoked" => Ok(Verdict::Revoked),
            "taken" => Ok(Verdict::Taken),
            "full" => Ok(Verdict::Full),
            _ => Err(self.malformed()),
        }
    }
}

/// Reads the answer of `revoked.lua`; `None` if it is malformed.
fn revoked(behind: Option<&Position>, answer: &[String]) -> Option<Revoked> {
    let (head, found) = answer.split_at_checked(2)?;
    let is_other = head[1] == "1";
    let known = behind.filter(|_| !is_other);
    let mut number = known.map_or(0, |position| position.number);
    let mut clients = Vec::new();
    for client in found.chunks(3) {
        let [client, at, left] = client else { return None };
        number = at.parse().ok()?;
        clients.push((ClientKey::read(client)?, Duration::from_millis(left.parse().ok()?)));
    }
    let position = Position { epoch: head[0].clone(), number };
    let is_last = clients.len() < PAGE;
    Some(Revoked { position, is_anew: is_other && behind.is_some(), is_last, clients })
}
