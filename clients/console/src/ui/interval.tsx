interface Props {
  name: string;
  /** Percent, as all of it. */
  effect: number;
  /** null = open to that side. */
  low: number | null;
  high: number | null;
  /** From here on it counts as worse. */
  limit?: number;
  /** A change against before, with its sign; else a share. */
  isChange: boolean;
}

/** An effect with the interval it is in, nought, and the limit it is held against. */
export function Interval({ name, effect, low, high, limit, isChange }: Props) {
  const known = [0, effect, low, high, limit].filter((v): v is number => v != null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const air = Math.max(1, (most - least) * 0.12);
  const [from, to] = [isChange || least < 0 ? least - air : 0, most + air];
  const at = (v: number) => `${(3 + (94 * (v - from)) / (to - from)).toFixed(2)}%`;
  const say = (v: number) => `${isChange && v > 0 ? "+" : ""}${Number(v.toFixed(Math.abs(v) < 10 ? 1 : 0))} %`.replace("-", "−");
  const span = `between ${low == null ? "anything" : say(low)} and ${high == null ? "anything" : say(high)}`;
  return (
    <svg class="interval" role="img" aria-label={`${name}: ${say(effect)}, ${span}${limit === undefined ? "" : `; it counts as worse from ${say(limit)}`}`}>
      <line class="axis" x1="0" x2="100%" y1="30" y2="30" />
      <line class="nought" x1={at(0)} x2={at(0)} y1="20" y2="40" />
      {limit !== undefined && <line class="limit" x1={at(limit)} x2={at(limit)} y1="16" y2="44" />}
      <line class="span" x1={low == null ? "0" : at(low)} x2={high == null ? "100%" : at(high)} y1="30" y2="30" />
      <circle cx={at(effect)} cy="30" r="5" />
      <text x={at(effect)} y="14">
        {say(effect)}
      </text>
      <text class="soft" x={at(0)} y="56">
        0
      </text>
      {limit !== undefined && (
        <text class="soft" x={at(limit)} y="56">
          limit {say(limit)}
        </text>
      )}
    </svg>
  );
}
