//! The router without a socket: what a client sees of the server.

#[cfg(test)]
mod city;
#[cfg(test)]
mod interface;
#[cfg(test)]
mod tiles;
