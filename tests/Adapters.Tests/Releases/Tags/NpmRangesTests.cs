using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Core.Releases.Tags;
using Local.Tests.ContainerRegistry;

namespace Adapters.Tests.Releases.Tags;

/// <summary>
/// Ranges as npm's own semver package reads them, at random: signs, hyphens, x, alternatives, pre-releases, builds, blanks. Left out is what is known to
/// be read otherwise: <c>-0</c> as a lower bound, and <c>*</c> beside alternatives, which to npm makes of all of them <c>*</c>, without pre-releases.
/// </summary>
public sealed class NpmRangesTests
{
    private const int Ranges = 1000;

    private readonly Random _random = new(20261129);

    [Fact]
    public async Task Random_ranges_take_the_versions_that_npm_says()
    {
        var node = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../node"));
        Assert.True(Directory.Exists(Path.Combine(node, "node_modules", "semver")), $"Run 'npm ci' in {node}, or scripts/test.");
        string[] versions = [.. Enumerable.Range(0, 80).Select(_ => $"{Number()}.{Number()}.{Number()}{(_random.Next(3) == 0 ? $"-{Prerelease()}" : "")}").Distinct()];
        string[] ranges = [.. Enumerable.Range(0, Ranges).Select(_ => Range())];
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { versions, ranges }), TestContext.Current.CancellationToken);
        var npm = JsonNode.Parse(await RegistryProcess.RunAsync("node", Path.Combine(node, "semver.mjs"), file))!.AsArray();
        File.Delete(file);

        var taken = 0;
        foreach (var (text, said) in ranges.Zip(npm))
        {
            var range = VersionRange.Parse(text);
            string[] takes = [.. said?["takes"]!.AsArray().Select(v => (string)v!) ?? []];
            // One that can take nothing is refused here.
            Assert.True(range is not null || said?["least"] is null, $"[{text}] is a range.");
            Assert.True(range is null || said is not null, $"[{text}] is no range.");
            Assert.True(takes.SequenceEqual(range is null ? [] : versions.Where(v => range.Contains(VersionTag.Parse(v)!))), $"[{text}] takes {string.Join(' ', takes)}");
            taken += takes.Length;
        }

        Assert.InRange(taken, Ranges, Ranges * versions.Length / 2);
    }

    private string Range()
    {
        var alternatives = _random.Next(3) > 0 ? 1 : _random.Next(2, 4);
        return $"{Of("", "", " ")}{string.Join(Of("||", " || ", "|| "), Enumerable.Range(0, alternatives).Select(_ => Alternative(alternatives == 1)))}{Of("", "", " ")}";
    }

    private string Alternative(bool alone) => _random.Next(5) == 0
        ? $"{Partial(alone)} - {Partial(alone)}"
        : string.Join(Of(" ", "  "), Enumerable.Range(0, _random.Next(1, 4)).Select(_ => $"{Of("", "", "^", "~", ">=", "<=", ">", "<", "=", "~>")}{Of("", "", "", "", " ", "\t")}{Partial(alone)}"));

    private string Partial(bool all) => _random.Next(all ? 0 : 1, 8) switch
    {
        0 => Of("*", "x", "X"),
        1 => Number(),
        2 => $"{Number()}.{Number()}",
        3 => $"{Number()}.{Of("x", "X", "*")}",
        4 => $"{Number()}.{Number()}.{Of("x", "X", "*")}",
        5 => $"{Number()}.{Number()}.{Number()}",
        6 => $"{Number()}.{Number()}.{Number()}-{Prerelease()}",
        _ => $"{Of("v", "")}{Number()}.{Number()}.{Number()}{Of("", "", "+build.1")}",
    };

    private string Number() => Of("0", "0", "1", "1", "2", "2", "3", "10");

    private string Prerelease() => Of("alpha", "alpha.1", "beta.11", "rc.1", "rc.2", "rc-1", "1", "x", "0.3.7");

    private string Of(params string[] some) => some[_random.Next(some.Length)];

    private static string Here([CallerFilePath] string path = "") => path;
}
