"""A team's database: posts, vectors and what people noted of them, in PostgreSQL with pgvector."""
