"""Feeding: batches of prepared data reach the device early, scaled and with the labels that training knows."""
