"""A team's database: posts, vectors and what people noted in PostgreSQL with pgvector, behind the search's own terms."""
