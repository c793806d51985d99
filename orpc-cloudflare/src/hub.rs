//! The sockets of one object that are in memory, and the task that sends their frames.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::StreamExt as _;
use futures::channel::oneshot;
use futures::future::poll_fn;
use futures::task::AtomicWaker;
use orpc_runtime::stateful::{HostedRoom, StatefulRoom};
use orpc_runtime::{CloseFrame, Frame, Peer, Room, Rpc, Socket, SocketConfig, SocketSource};
use worker::send::SendWrapper;
use worker::{Date, Delay, State, WebSocket};

use crate::attachment::{Keeper, Kept};

/// Number of frames of a socket after which other events of the object have their turn: no message
/// is received before the tasks of Rust have nothing more to do.
const FRAMES: usize = 64;

/// The sockets of an object. Those that are not in memory are restored from their attachments.
pub(crate) struct Hub<R: StatefulRoom> {
    rpc: Rpc<R>,
    room: HostedRoom<R>,
    state: Rc<State>,
    seats: RefCell<HashMap<u64, Rc<Seat<R>>>>,
    restored: RefCell<HashSet<String>>,
    all_restored: Cell<bool>,
    wakes: Arc<Wakes>,
}

/// A socket in memory.
pub(crate) struct Seat<R: StatefulRoom> {
    id: u64,
    peer: RefCell<Peer<R>>,
    pub(crate) socket: Socket,
    websocket: WebSocket,
    keeper: Keeper,
    waker: Waker,
    /// Woken when no call is open.
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    /// Waits for its next turn.
    waits: Rc<Cell<bool>>,
    /// Close frame that this end has sent.
    closed: RefCell<Option<CloseFrame>>,
}

/// Sockets that have something to send.
#[derive(Default)]
struct Wakes {
    ids: Mutex<VecDeque<u64>>,
    task: AtomicWaker,
}

struct SeatWaker {
    id: u64,
    wakes: Arc<Wakes>,
}

impl Wake for SeatWaker {
    fn wake(self: Arc<Self>) {
        let mut ids = self.wakes.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if !ids.contains(&self.id) {
            ids.push_back(self.id);
        }
        drop(ids);
        self.wakes.task.wake();
    }
}

impl<R: StatefulRoom> Hub<R> {
    pub(crate) fn new(rpc: Rpc<R>, room: HostedRoom<R>, state: Rc<State>) -> Rc<Self> {
        let hub = Rc::new(Self {
            rpc,
            room,
            state,
            seats: RefCell::default(),
            restored: RefCell::default(),
            all_restored: Cell::new(false),
            wakes: Arc::default(),
        });
        let source = Source(SendWrapper(Rc::downgrade(&hub)));
        hub.room.handle().sockets().restored_by(source);
        wasm_bindgen_futures::spawn_local(std::panic::AssertUnwindSafe(run(Rc::downgrade(&hub))));
        hub
    }

    pub(crate) fn room(&self) -> &HostedRoom<R> {
        &self.room
    }

    /// Adds a new socket, whose WebSocket is accepted with its tags.
    pub(crate) fn accept(
        &self,
        id: u64,
        websocket: WebSocket,
        request: http::request::Parts,
        config: SocketConfig,
    ) -> worker::Result<Rc<Seat<R>>> {
        let keeper = Keeper::new(websocket.clone(), Date::now().as_millis());
        let config = config.id(id).kept_by(keeper.clone());
        let peer = self.room.peer(&self.rpc, request, config);
        let tags: Vec<String> = peer.socket().tags().map(str::to_owned).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        self.state.accept_websocket_with_tags(&websocket, &tags);
        keeper.accepted().map_err(|error| error.to_string())?;
        Ok(self.add(id, peer, websocket, keeper))
    }

    /// Returns the socket of a WebSocket.
    pub(crate) fn seat(&self, websocket: &WebSocket) -> worker::Result<Rc<Seat<R>>> {
        let kept = Kept::of(websocket)?;
        if let Some(seat) = self.seats.borrow().get(&kept.socket.id()) {
            return Ok(Rc::clone(seat));
        }
        let keeper = Keeper::new(websocket.clone(), kept.seen);
        let mut config = SocketConfig::new().kept(&kept.socket).kept_by(keeper.clone());
        for tag in self.state.get_tags(websocket) {
            config = config.tag(tag).map_err(|error| error.to_string())?;
        }
        let silent = Date::now().as_millis().saturating_sub(kept.seen);
        let config = self.room.configure(config.silent_for(Duration::from_millis(silent)));
        let request = kept.socket.request();
        let peer = self.room.peer(&self.rpc, request, config);
        keeper.continued();
        Ok(self.add(kept.socket.id(), peer, websocket.clone(), keeper))
    }

    fn add(&self, id: u64, peer: Peer<R>, websocket: WebSocket, keeper: Keeper) -> Rc<Seat<R>> {
        let waker = Waker::from(Arc::new(SeatWaker { id, wakes: Arc::clone(&self.wakes) }));
        let seat = Rc::new(Seat {
            id,
            socket: peer.socket().clone(),
            peer: RefCell::new(peer),
            websocket,
            keeper,
            waker,
            waiting: RefCell::default(),
            waits: Rc::default(),
            closed: RefCell::default(),
        });
        self.seats.borrow_mut().insert(id, Rc::clone(&seat));
        // Registers its waker, for frames from elsewhere.
        seat.waker.wake_by_ref();
        seat
    }

    /// Removes a socket, which ends its calls.
    pub(crate) fn remove(&self, seat: &Rc<Seat<R>>) {
        self.seats.borrow_mut().remove(&seat.id);
        // Their messages hold the socket, with its calls.
        seat.waiting.borrow_mut().clear();
    }

    fn restore(&self, tag: Option<&str>) {
        if self.all_restored.get() {
            return;
        }
        let websockets = match tag {
            Some(tag) if !self.restored.borrow_mut().insert(tag.to_owned()) => return,
            Some(tag) => self.state.get_websockets_with_tag(tag),
            None => {
                self.all_restored.set(true);
                self.state.get_websockets()
            }
        };
        for websocket in websockets {
            if let Err(error) = self.seat(&websocket) {
                tracing::error!(%error, "a WebSocket cannot be restored");
            }
        }
    }
}

impl<R: StatefulRoom> Drop for Hub<R> {
    /// Ends the task, which has no object any more.
    fn drop(&mut self) {
        self.wakes.task.wake();
    }
}

impl<R: StatefulRoom> Seat<R> {
    /// Receives a message, and waits until no call of the socket is open.
    pub(crate) async fn receive(&self, message: impl Into<bytes::Bytes>) {
        self.keeper.seen(Date::now().as_millis(), || self.socket.kept());
        self.peer.borrow_mut().receive(message);
        self.send();
        if !self.is_idle() {
            let (sender, idle) = oneshot::channel();
            self.waiting.borrow_mut().push(sender);
            // It ends as well when the socket is removed.
            idle.await.ok();
        }
    }

    fn is_idle(&self) -> bool {
        self.closed.borrow().is_some() || self.peer.borrow().is_idle()
    }

    /// Runs the calls, and sends the frames that are ready; the rest in a later turn.
    fn send(&self) {
        if self.waits.get() {
            return;
        }
        let mut cx = Context::from_waker(&self.waker);
        let mut frames = 0;
        loop {
            if frames == FRAMES {
                return self.send_later();
            }
            frames += 1;
            let next = self.peer.borrow_mut().poll_next_unpin(&mut cx);
            let sent = match next {
                Poll::Ready(Some(Frame::Binary(bytes))) => self.websocket.send_with_bytes(bytes),
                Poll::Ready(Some(frame)) => {
                    self.websocket.send_with_str(String::from_utf8_lossy(frame.as_bytes()))
                }
                Poll::Ready(None) => {
                    self.close();
                    break;
                }
                Poll::Pending => break,
            };
            if let Err(error) = sent {
                tracing::debug!(%error, socket = self.id, "a frame is not sent");
            }
        }
        if self.is_idle() {
            for waiting in self.waiting.borrow_mut().drain(..) {
                waiting.send(()).ok();
            }
        }
    }

    fn send_later(&self) {
        let (waits, waker) = (Rc::clone(&self.waits), self.waker.clone());
        waits.set(true);
        wasm_bindgen_futures::spawn_local(std::panic::AssertUnwindSafe(async move {
            Delay::from(Duration::ZERO).await;
            waits.set(false);
            waker.wake();
        }));
    }

    /// Sends the close frame, once.
    fn close(&self) {
        let closing = self.peer.borrow().closing();
        let mut closed = self.closed.borrow_mut();
        if let Some(frame) = closing
            && closed.is_none()
        {
            let code = Some(frame.code.into());
            if let Err(error) = self.websocket.close(code, Some(&frame.reason)) {
                tracing::debug!(%error, socket = self.id, "a socket is not closed");
            }
            *closed = Some(frame);
        }
    }

    /// Returns the close frame of this end, if it was the first.
    pub(crate) fn closed(&self) -> Option<CloseFrame> {
        self.closed.borrow().clone()
    }
}

/// Sends what is ready while the object is in memory.
async fn run<R: StatefulRoom>(hub: Weak<Hub<R>>) {
    let Some(wakes) = hub.upgrade().map(|hub| Arc::clone(&hub.wakes)) else { return };
    poll_fn(|cx| {
        wakes.task.register(cx.waker());
        loop {
            let Some(hub) = hub.upgrade() else { return Poll::Ready(()) };
            let next = wakes.ids.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(id) = next else { return Poll::Pending };
            let seat = hub.seats.borrow().get(&id).cloned();
            if let Some(seat) = seat {
                seat.send();
            }
        }
    })
    .await;
}

/// The sockets of an object that are not in memory.
struct Source<R: StatefulRoom>(SendWrapper<Weak<Hub<R>>>);

impl<R: StatefulRoom> SocketSource for Source<R> {
    fn restore(&self, _: &Room, tag: Option<&str>) {
        if let Some(hub) = self.0.upgrade() {
            hub.restore(tag);
        }
    }
}
