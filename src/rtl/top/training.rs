//! What only a design that trains has.

use super::nets::Top;

impl Top<'_> {
    pub(super) fn has(&self, _name: &str) -> bool {
        false
    }
    pub(super) fn trainer(&mut self) {}
    pub(super) fn registers(&mut self) {}
    pub(super) fn updates(&mut self) {}
    pub(super) fn errors(&mut self) {}
    pub(super) fn adapt(&mut self) {}
    pub(super) fn array_training_inputs(&mut self) {}
    pub(super) fn array_training_outputs(&mut self) {}
    pub(super) fn activation_memory_users(&mut self) {}
    pub(super) fn training_memories(&mut self) {}
}
