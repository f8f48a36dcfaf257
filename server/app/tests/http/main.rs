//! The router without a socket: what a client sees of the server.

#[cfg(test)]
mod city;
#[cfg(test)]
mod indicators;
#[cfg(test)]
mod interface;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod rule_keys;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod tiles;
