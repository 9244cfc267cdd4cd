// jsdom knows no media queries.
window.matchMedia ??= (query: string) => ({ matches: false, media: query, addEventListener: () => {} }) as unknown as MediaQueryList;
