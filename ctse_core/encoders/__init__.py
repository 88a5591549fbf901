"""Text to vectors: the catalogue of encoders, the shared transformer encoder, and embedding with reuse."""

from __future__ import annotations

from ctse_core.encoders.bags import cut_elsewhere, embed_bags
from ctse_core.encoders.card import FAIRLY, WELL, Card, Service, read_card, write_card
from ctse_core.encoders.catalog import DEFAULT_ENCODER, ENCODERS, FAST_ENCODER, EncoderSpec
from ctse_core.encoders.choice import AUTO, Choice, auto_choice, tried_choice
from ctse_core.encoders.embed import KnownVectors, embed, text_digest
from ctse_core.encoders.encoder import RUNTIMES, Encoder, has_gpu, load_encoder
from ctse_core.encoders.forms import export_encoder, save_eight_bit, save_plain
from ctse_core.encoders.onnx_runtime import OnnxEncoder
from ctse_core.encoders.own import About, spec_of, write_about
from ctse_core.encoders.pooling import mean_pool
from ctse_core.encoders.remote import Consent, RemoteEncoder, RemoteSettings, consent_question, host_of, remote_settings
from ctse_core.encoders.service import (
    Served,
    described_service,
    language_service,
    posts_by_grade,
    service_of,
    service_sentence,
    service_table,
)
from ctse_core.encoders.sources import EncoderStatus, list_encoders
from ctse_core.encoders.static import StaticEncoder
from ctse_core.encoders.static_start import StaticStart, static_of
from ctse_core.encoders.transformer import SentenceEncoder
from ctse_core.encoders.vocabulary import keep_layers, keep_units, prune_vocabulary

__all__ = [
    "AUTO",
    "DEFAULT_ENCODER",
    "ENCODERS",
    "FAIRLY",
    "FAST_ENCODER",
    "RUNTIMES",
    "WELL",
    "About",
    "Card",
    "Choice",
    "Consent",
    "Encoder",
    "EncoderSpec",
    "EncoderStatus",
    "KnownVectors",
    "OnnxEncoder",
    "RemoteEncoder",
    "RemoteSettings",
    "SentenceEncoder",
    "Served",
    "Service",
    "StaticEncoder",
    "StaticStart",
    "auto_choice",
    "consent_question",
    "cut_elsewhere",
    "described_service",
    "embed",
    "embed_bags",
    "export_encoder",
    "has_gpu",
    "host_of",
    "keep_layers",
    "keep_units",
    "language_service",
    "list_encoders",
    "load_encoder",
    "mean_pool",
    "posts_by_grade",
    "prune_vocabulary",
    "read_card",
    "remote_settings",
    "save_eight_bit",
    "save_plain",
    "service_of",
    "service_sentence",
    "service_table",
    "spec_of",
    "static_of",
    "text_digest",
    "tried_choice",
    "write_about",
    "write_card",
]
