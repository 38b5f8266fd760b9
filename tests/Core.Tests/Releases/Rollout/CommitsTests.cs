using System.Text.Json;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Shared;

namespace Core.Tests.Releases.Rollout;

public sealed class CommitsTests
{
    [Theory]
    [InlineData("plain text")]
    [InlineData("\u0001\u0002\"\\")]
    [InlineData("äß漢字")]
    [InlineData("\ud83d\ude00\ud800")]
    public void No_block_takes_more_bytes_than_were_counted_for_it(string words)
    {
        var block = Block(string.Concat(Enumerable.Repeat(words, 256 / words.Length)), 100);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(block, WireJson.Options).Length, 1, Commits.BytesOf(block));
    }

    [Fact]
    public void A_commit_takes_what_the_store_takes_and_leaves_nothing_out()
    {
        var blocks = Enumerable.Range(0, 50).Select(i => Block(new('\u0001', i < 25 ? 256 : 0), 100)).ToList();
        var commits = Commits.Of(blocks, b => b).ToList();
        Assert.Equal(blocks, commits.SelectMany(c => c));
        Assert.All(commits, c => Assert.InRange(c.Count, 1, IRolloutStore.MostBlocks));
        // Base64, 4 MiB less the rollout's own row.
        Assert.All(commits, c => Assert.InRange(c.Sum(b => JsonSerializer.SerializeToUtf8Bytes(b, WireJson.Options).Length) * 4 / 3, 1, (4 << 20) - (512 << 10)));
    }

    private static RolloutBlock Block(string reason, int devices) => new("00-01-0000", 1, [.. Enumerable.Range(0, devices).Select(i => new RolloutDevice
    {
        Id = $"device-{i:d120}",
        Step = UpdateStep.Failed,
        Code = Because.UnknownPlatform,
        Reason = $"The device says: {reason}",
        Until = DateTimeOffset.MaxValue,
        DueAt = DateTimeOffset.MaxValue,
        Placed = "0123456789abcdef",
        Model = new('m', 64),
        PlatformDigest = $"sha256:{new string('b', 64)}",
        SizeBytes = long.MaxValue,
        Gateway = new('g', 64),
        ToldAt = DateTimeOffset.MaxValue,
        ObservedAt = DateTimeOffset.MaxValue,
        Interval = TimeSpan.FromTicks(123456789123),
        IsShared = true,
        Looks = int.MaxValue,
        Attempt = int.MaxValue,
        Baseline = new(DateTimeOffset.MaxValue, 12.345678901234567, DateTimeOffset.MaxValue),
        Before = new Workload(new('t', 64), $"{new string('r', 255)}@sha256:{new string('a', 64)}", new('v', 128), $"{new string('t', 64)}-{new string('c', 32)}", $"sha256:{new string('d', 64)}", long.MaxValue),
    })]);
}
