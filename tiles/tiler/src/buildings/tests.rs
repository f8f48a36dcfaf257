//! Bodies and stand-ins of buildings.
