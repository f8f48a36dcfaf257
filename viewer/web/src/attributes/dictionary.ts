// Names, units and coded values of the attribute keys that readers normalise to, and of common CityJSON and survey keys.
// Codes of materials, laying and state follow CJJ 61-2017 appendix C.

/** How a value is written. */
export type AttributeKind = "text" | "number" | "integer" | "year" | "money" | "flag";

export interface AttributeEntry {
  zh: string;
  en: string;
  unit?: string;
  /** Decimals shown; 2 unless told. */
  decimals?: number;
  kind?: AttributeKind;
  /** Words for coded values. */
  values?: Record<string, { zh: string; en: string }>;
}

const material = {
  ZT: { zh: "铸铁", en: "cast iron" },
  G: { zh: "钢", en: "steel" },
  T: { zh: "混凝土", en: "concrete" },
  PE: { zh: "聚乙烯", en: "polyethylene" },
  PVC: { zh: "聚氯乙烯", en: "PVC" },
  BLG: { zh: "玻璃钢", en: "GRP" },
  QM: { zh: "球墨铸铁", en: "ductile iron" },
  ZS: { zh: "砖石", en: "masonry" },
  Z: { zh: "砖", en: "brick" },
  S: { zh: "石", en: "stone" },
  SM: { zh: "石棉", en: "asbestos cement" },
  TC: { zh: "陶瓷", en: "vitrified clay" },
  TZ: { zh: "铜", en: "copper" },
  VL: { zh: "钢芯铝绞线", en: "ACSR conductor" },
  GX: { zh: "光纤", en: "optical fibre" },
};

const laying = {
  ZM: { zh: "直埋", en: "direct burial" },
  GM: { zh: "管埋", en: "in conduit" },
  GK: { zh: "管块", en: "duct bank" },
  GG: { zh: "管沟", en: "trench" },
  JK: { zh: "架空", en: "overhead" },
  DM: { zh: "地面", en: "on the ground" },
  SJ: { zh: "上架", en: "on a rack" },
  XTD: { zh: "小通道", en: "crawlway" },
  ZH: { zh: "综合管廊", en: "utility tunnel" },
  RF: { zh: "人防", en: "civil defence" },
  JN: { zh: "井内连线", en: "link inside a well" },
  DG: { zh: "顶管", en: "pipe jacking" },
  SX: { zh: "水下", en: "under water" },
};

const pipeClass = {
  JS: { zh: "给水", en: "water supply" },
  YS: { zh: "雨水", en: "storm drain" },
  WS: { zh: "污水", en: "sanitary sewer" },
  HS: { zh: "雨污合流", en: "combined sewer" },
  RQ: { zh: "燃气", en: "gas" },
  RL: { zh: "热力", en: "heat" },
  DL: { zh: "电力", en: "power" },
  TX: { zh: "通信", en: "telecom" },
  GY: { zh: "工业", en: "industrial" },
  ZH: { zh: "综合管沟", en: "utility tunnel" },
  BM: { zh: "不明管线", en: "unknown pipe" },
  ZS: { zh: "中水", en: "reclaimed water" },
};

const use = {
  unknown: { zh: "不明", en: "unknown" },
  slab: { zh: "多层住宅", en: "slab block of flats" },
  tower: { zh: "高层住宅", en: "residential tower" },
  village: { zh: "城中村住宅", en: "urban village house" },
  residential: { zh: "住宅", en: "residential" },
  office: { zh: "办公", en: "office" },
  retail: { zh: "商业", en: "retail" },
  commercial: { zh: "商业", en: "commercial" },
  factory: { zh: "厂房", en: "factory" },
  industrial: { zh: "工业", en: "industrial" },
  market: { zh: "市场", en: "market" },
  school: { zh: "学校", en: "school" },
  hospital: { zh: "医院", en: "hospital" },
  public: { zh: "公共服务", en: "public service" },
  old_street: { zh: "老街建筑", en: "old street house" },
  house: { zh: "独立住宅", en: "house" },
};

/** Known keys, in the order in which they are shown. */
export const attributeDictionary: Record<string, AttributeEntry> = {
  // Buildings
  use: { zh: "用途", en: "Use", values: use },
  year: { zh: "建成年份", en: "Year built", kind: "year" },
  storeys: { zh: "层数", en: "Storeys", unit: "层", kind: "integer" },
  storeys_below: { zh: "地下层数", en: "Storeys below ground", unit: "层", kind: "integer" },
  height_m: { zh: "高度", en: "Height", unit: "m" },
  storey_height_m: { zh: "层高", en: "Storey height", unit: "m" },
  floor_area_m2: { zh: "建筑面积", en: "Floor area", unit: "m²", decimals: 0 },
  footprint_area_m2: { zh: "占地面积", en: "Footprint", unit: "m²", decimals: 0 },
  footprint_m2: { zh: "占地面积", en: "Footprint", unit: "m²", decimals: 0 },
  area_m2: { zh: "面积", en: "Area", unit: "m²", decimals: 0 },
  households: { zh: "户数", en: "Households", unit: "户", kind: "integer" },
  residents: { zh: "居住人数", en: "Residents", unit: "人", kind: "integer" },
  structure: {
    zh: "结构", en: "Structure",
    values: {
      brick_concrete: { zh: "砖混", en: "brick and concrete" },
      frame: { zh: "框架", en: "frame" },
      shear_wall: { zh: "剪力墙", en: "shear wall" },
      steel: { zh: "钢结构", en: "steel" },
      brick: { zh: "砖木", en: "brick and timber" },
    },
  },
  danger_class: {
    zh: "危房等级", en: "Danger class",
    values: {
      A: { zh: "A 级（安全）", en: "A (safe)" },
      B: { zh: "B 级（个别构件危险）", en: "B (single members in danger)" },
      C: { zh: "C 级（局部危险）", en: "C (partly in danger)" },
      D: { zh: "D 级（整栋危险）", en: "D (in danger as a whole)" },
    },
  },
  old_estate: { zh: "老旧小区", en: "Old estate", kind: "flag" },
  estate: { zh: "小区", en: "Estate" },
  block: { zh: "街区", en: "Block" },
  address: { zh: "地址", en: "Address" },
  // Pipes and nodes
  pipe_class: { zh: "管线类别", en: "Pipe class", values: pipeClass },
  node_kind: { zh: "管点类型", en: "Node kind" },
  diameter_mm: { zh: "管径", en: "Diameter", unit: "mm", kind: "integer" },
  width_mm: { zh: "断面宽", en: "Section width", unit: "mm", kind: "integer" },
  height_mm: { zh: "断面高", en: "Section height", unit: "mm", kind: "integer" },
  material: { zh: "材质", en: "Material", values: material },
  laying: { zh: "埋设方式", en: "Laying", values: laying },
  start_depth_m: { zh: "起点埋深", en: "Depth at start", unit: "m" },
  end_depth_m: { zh: "终点埋深", en: "Depth at end", unit: "m" },
  start_level_m: { zh: "起点高程", en: "Level at start", unit: "m" },
  end_level_m: { zh: "终点高程", en: "Level at end", unit: "m" },
  ground_level_m: { zh: "地面高程", en: "Ground level", unit: "m" },
  depth_m: { zh: "埋深", en: "Depth", unit: "m" },
  slope: { zh: "坡度", en: "Slope", decimals: 4 },
  length_m: { zh: "长度", en: "Length", unit: "m" },
  pressure: { zh: "压力", en: "Pressure" },
  voltage: { zh: "电压", en: "Voltage" },
  flow: { zh: "流向", en: "Flow", values: { "+": { zh: "起点→终点", en: "start to end" }, "-": { zh: "终点→起点", en: "end to start" } } },
  state: { zh: "状态", en: "State" },
  owner: { zh: "权属单位", en: "Owner" },
  from_node: { zh: "起点点号", en: "From node" },
  to_node: { zh: "终点点号", en: "To node" },
  // Roads
  road: { zh: "所在道路", en: "Road" },
  road_class: {
    zh: "道路等级", en: "Road class",
    values: {
      main: { zh: "主干路", en: "main road" },
      secondary: { zh: "次干路", en: "secondary road" },
      branch: { zh: "支路", en: "branch road" },
      lane: { zh: "街巷", en: "lane" },
      path: { zh: "步行道", en: "path" },
    },
  },
  lanes: { zh: "车道数", en: "Lanes", kind: "integer" },
  width_m: { zh: "宽度", en: "Width", unit: "m" },
  redline_m: { zh: "红线宽度", en: "Red-line width", unit: "m" },
  sidewalk_m: { zh: "人行道宽", en: "Pavement width", unit: "m" },
  one_way: { zh: "单行", en: "One way", kind: "flag" },
  junction: { zh: "交叉口", en: "Junction", kind: "flag" },
  arms: { zh: "路口支数", en: "Arms", kind: "integer" },
  tracks: { zh: "股道数", en: "Tracks", kind: "integer" },
  gauge_mm: { zh: "轨距", en: "Gauge", unit: "mm", kind: "integer" },
  // Ground, green and water
  land_use: { zh: "用地性质", en: "Land use" },
  land_use_zh: { zh: "用地性质", en: "Land use" },
  surface: { zh: "地表", en: "Surface" },
  floor_area_ratio: { zh: "容积率", en: "Floor area ratio" },
  is_park: { zh: "公园", en: "Park", kind: "flag" },
  cover: {
    zh: "植被", en: "Cover",
    values: {
      lawn: { zh: "草坪", en: "lawn" },
      meadow: { zh: "草地", en: "meadow" },
      field: { zh: "运动场地", en: "playing field" },
    },
  },
  water_class: { zh: "水体类型", en: "Kind of water", values: { river: { zh: "河流", en: "river" }, pond: { zh: "池塘", en: "pond" } } },
  level_m: { zh: "水位", en: "Water level", unit: "m" },
  kind: { zh: "类型", en: "Kind" },
  // Projects and zones
  zone_class: { zh: "分区类别", en: "Zone class" },
  num_blocks: { zh: "街区数", en: "Blocks", kind: "integer" },
  project_class: { zh: "项目类别", en: "Project class" },
  stage: { zh: "阶段", en: "Stage" },
  way: { zh: "更新方式", en: "Way of renewal" },
  investment_cny: { zh: "总投资", en: "Investment", kind: "money" },
  investment_done_cny: { zh: "完成投资", en: "Invested so far", kind: "money" },
  progress: { zh: "进度", en: "Progress" },
  problem: { zh: "主要问题", en: "Problems" },
  review_status: { zh: "评审情况", en: "Review" },
  town_office: { zh: "镇办", en: "Town office" },
  responsible_unit: { zh: "责任单位", en: "Responsible unit" },
  year_start: { zh: "开始年份", en: "Start", kind: "year" },
  year_end: { zh: "结束年份", en: "End", kind: "year" },
  content: { zh: "建设内容", en: "Contents" },
  description: { zh: "说明", en: "Description" },
  note: { zh: "备注", en: "Note" },
  // Trees and green
  species: { zh: "树种", en: "Species" },
  crown_m: { zh: "冠幅", en: "Crown", unit: "m" },
  trunk_cm: { zh: "胸径", en: "Trunk diameter", unit: "cm" },
  // CityJSON's own names
  measuredHeight: { zh: "实测高度", en: "Measured height", unit: "m" },
  storeysAboveGround: { zh: "地上层数", en: "Storeys above ground", unit: "层", kind: "integer" },
  storeysBelowGround: { zh: "地下层数", en: "Storeys below ground", unit: "层", kind: "integer" },
  yearOfConstruction: { zh: "建造年份", en: "Year of construction", kind: "year" },
  yearOfDemolition: { zh: "拆除年份", en: "Year of demolition", kind: "year" },
  roofType: { zh: "屋顶类型", en: "Roof type" },
  function: { zh: "功能", en: "Function" },
  usage: { zh: "使用", en: "Usage" },
  oorspronkelijkbouwjaar: { zh: "建造年份", en: "Year of construction", kind: "year" },
  b3_h_dak_max: { zh: "屋顶最高点", en: "Highest point of the roof", unit: "m" },
  b3_h_dak_50p: { zh: "屋顶中位高程", en: "Median roof level", unit: "m" },
  b3_h_maaiveld: { zh: "地面高程", en: "Ground level", unit: "m" },
  b3_bouwlagen: { zh: "估算层数", en: "Estimated storeys", unit: "层", kind: "integer" },
  b3_dak_type: { zh: "屋顶类型", en: "Roof type" },
};

/** Keys that are shown elsewhere in the panel, or that only steer the drawing. */
export const hiddenKeys: ReadonlySet<string> = new Set(["name", "id", "class_zh", "marking"]);

/** Keys that name where a record comes from; shown last, as the source. */
export const sourceKeys: ReadonlySet<string> = new Set(["source", "data_source", "credit", "数据来源"]);

/** Counted units are words in English. */
export const unitsInEnglish: Record<string, string> = { 层: "", 户: "", 人: "" };
