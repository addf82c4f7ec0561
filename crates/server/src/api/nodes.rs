//! `nodes`: the kinds this server has.
