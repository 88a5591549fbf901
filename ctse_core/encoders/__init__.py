"""Text to vectors: the catalogue of encoders, the shared transformer encoder, and embedding with reuse."""

from __future__ import annotations

from ctse_core.encoders.card import FAIRLY, WELL, Card, Service, read_card, write_card
from ctse_core.encoders.catalog import DEFAULT_ENCODER, ENCODERS, FAST_ENCODER, EncoderSpec
from ctse_core.encoders.embed import KnownVectors, embed, text_digest
from ctse_core.encoders.encoder import RUNTIMES, Encoder, load_encoder
from ctse_core.encoders.forms import save_eight_bit, save_plain
from ctse_core.encoders.onnx_runtime import OnnxEncoder
from ctse_core.encoders.own import About, spec_of, write_about
from ctse_core.encoders.pooling import mean_pool
from ctse_core.encoders.remote import Consent, RemoteEncoder, RemoteSettings, consent_question, host_of, remote_settings
from ctse_core.encoders.sources import EncoderStatus, list_encoders
from ctse_core.encoders.static import StaticEncoder
from ctse_core.encoders.static_start import StaticStart, static_of
from ctse_core.encoders.transformer import SentenceEncoder
from ctse_core.encoders.vocabulary import keep_layers, prune_vocabulary

__all__ = [
    "DEFAULT_ENCODER",
    "ENCODERS",
    "FAIRLY",
    "FAST_ENCODER",
    "RUNTIMES",
    "WELL",
    "About",
    "Card",
    "Consent",
    "Encoder",
    "EncoderSpec",
    "EncoderStatus",
    "KnownVectors",
    "OnnxEncoder",
    "RemoteEncoder",
    "RemoteSettings",
    "SentenceEncoder",
    "Service",
    "StaticEncoder",
    "StaticStart",
    "consent_question",
    "embed",
    "host_of",
    "keep_layers",
    "list_encoders",
    "load_encoder",
    "mean_pool",
    "prune_vocabulary",
    "read_card",
    "remote_settings",
    "save_eight_bit",
    "save_plain",
    "spec_of",
    "static_of",
    "text_digest",
    "write_about",
    "write_card",
]
