//! One connection's protocol as a value: whoever drives it owns the socket, the clock and the task.

use crate::Time;

/// A protocol on one connection, without sockets, clock or tasks.
///
/// The driver repeats: hand over what arrived ([`receive`](Machine::receive)), take what the session
/// must hear ([`poll_event`](Machine::poll_event)), give the session's decisions back
/// ([`order`](Machine::order)), send what has gathered in [`outgoing`](Machine::outgoing), and wake
/// the machine no later than its [`deadline`](Machine::deadline).
///
/// The same bytes give the same events however they were cut into pieces. Input never panics.
pub trait Machine {
    /// What the session is told: something that the peer said, or what became of the connection.
    type Event;
    /// What the session decides.
    type Order;

    /// Takes bytes of the peer, in the order sent. All of `bytes` is taken.
    fn receive(&mut self, now: Time, bytes: &[u8]);

    /// Learns that the peer will send no more.
    fn receive_end(&mut self, now: Time);

    /// Takes a decision of the session.
    fn order(&mut self, now: Time, order: Self::Order);

    /// The next event that the session has not heard, oldest first.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// Bytes for the peer; the driver empties it as it sends.
    fn outgoing(&mut self) -> &mut Vec<u8>;

    /// When the machine must be woken if nothing arrives before.
    fn deadline(&self) -> Option<Time>;

    /// Learns that the deadline has passed.
    fn expire(&mut self, now: Time);

    /// Whether the conversation is over: once `outgoing` is sent, the connection may be closed.
    fn is_over(&self) -> bool;

    /// Whether it waits for something to be done to the connection itself, as for TLS to start: once
    /// `outgoing` is sent, whoever drives it does that, says so with an order, and drives on.
    fn is_paused(&self) -> bool {
        false
    }
}
