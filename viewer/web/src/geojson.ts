// The parts of GeoJSON (RFC 7946) that go over the wire: longitude, latitude in degrees.

/** Longitude, latitude, maybe height. */
export type Position = number[];

export interface Polygon { type: "Polygon"; coordinates: Position[][] }
export interface MultiPolygon { type: "MultiPolygon"; coordinates: Position[][][] }
export interface LineString { type: "LineString"; coordinates: Position[] }
export type Geometry = Polygon | MultiPolygon | LineString | { type: "Point"; coordinates: Position } | { type: "MultiLineString"; coordinates: Position[][] };

export interface GeoFeature {
  type: "Feature";
  id: string;
  geometry: Geometry | null;
  properties: Record<string, unknown> & { name?: string | null; feature_index?: number };
}

export interface FeatureCollection { type: "FeatureCollection"; numberMatched?: number; features: GeoFeature[] }

/** Outer rings of a polygon or of several. */
export function outerRings(geometry: Geometry | null): Position[][] {
  if (geometry?.type === "Polygon") return geometry.coordinates.slice(0, 1);
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flatMap((rings) => rings.slice(0, 1));
  return [];
}
