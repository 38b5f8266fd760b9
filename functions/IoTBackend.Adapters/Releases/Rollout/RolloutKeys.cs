using System.Globalization;
using IoTBackend.Core.Releases.Rollout;

namespace IoTBackend.Adapters.Releases.Rollout;

/// <summary>
/// Keys of the table <c>Rollouts</c>. Partition = release id; each row begins with the round, counted down from 9999, so that the latest comes first:
/// <c>{round}~!</c> the rollout (column <c>Document</c>), <c>{round}~b~{plan, 4}~{block}</c> a block (column <c>Block</c>), <c>{round}~d~{due, unix ms, 15 digits}~{block}</c>
/// its place in the due-index, <c>{round}~t~{step, counted down}</c> a step of the timeline. Both columns are JSON, see <see cref="Shared.BinaryColumns"/>.
/// Beside them the partitions <c>~active</c> (row = release: somebody has to look after its rollout), <c>~track</c> (row = track, <see cref="TrackRollouts"/>),
/// <c>~holds</c> (row = track, <see cref="DeviceHolds"/>) and <c>~costs</c> (row = model).
/// </summary>
internal static class RolloutKeys
{
    public const string Active = "~active";
    public const string Track = "~track";
    public const string Holds = "~holds";
    public const string Costs = "~costs";

    private const int MostRounds = 9999;
    private const long MostSteps = 9_999_999_999;

    public static string Round(int round) => (MostRounds - round).ToString("D4", CultureInfo.InvariantCulture);

    public static string Rollout(StagedRollout rollout) => $"{Round(rollout.Round)}~!";

    public static string Blocks(StagedRollout rollout, int plan) => $"{Round(rollout.Round)}~b~{plan.ToString("D4", CultureInfo.InvariantCulture)}~";

    public static string Block(StagedRollout rollout, int plan, string block) => Blocks(rollout, plan) + block;

    public static string Dues(StagedRollout rollout) => $"{Round(rollout.Round)}~d~";

    /// <summary>Rounded up: what stands in the index before now is due.</summary>
    public static string Due(StagedRollout rollout, DateTimeOffset due, string block) => $"{Dues(rollout)}{Milliseconds(due)}~{block}";

    public static string DueEnd(StagedRollout rollout, DateTimeOffset until) => $"{Dues(rollout)}{until.ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture)}~~";

    public static (DateTimeOffset Due, string Block) ParseDue(StagedRollout rollout, string row)
    {
        var rest = row[Dues(rollout).Length..];
        return (DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(rest.AsSpan(0, 15), CultureInfo.InvariantCulture)), rest[16..]);
    }

    public static string Step(StagedRollout rollout, long number) => $"{Round(rollout.Round)}~t~{(MostSteps - number).ToString("D10", CultureInfo.InvariantCulture)}";

    public static bool IsStep(string row) => row.AsSpan(4).StartsWith("~t~");

    private static string Milliseconds(DateTimeOffset time)
    {
        var whole = time.ToUnixTimeMilliseconds();
        return (DateTimeOffset.FromUnixTimeMilliseconds(whole) < time && whole < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? whole + 1 : whole).ToString("D15", CultureInfo.InvariantCulture);
    }
}
