using IoTBackend.Core.Shared;

namespace Core.Tests.Architecture;

/// <summary>A feature is a folder of Core, and so a namespace. Who reads one feature must not have to read one that needs it in turn.</summary>
public sealed class FeatureTests
{
    private const string Root = "IoTBackend.Core";

    [Fact]
    public void Cores_features_form_no_circle() => Say(CircleAmong("", depth: 1));

    [Theory]
    [InlineData("Releases")]
    public void A_features_inner_features_form_no_circle(string feature) => Say(CircleAmong(feature, depth: 2));

    [Fact]
    public void What_all_share_needs_nothing_else() =>
        Assert.Empty(Uses("", 1).Where(use => use.From == "Shared").Select(use => use.Example));

    private static void Say(string circle) => Assert.True(circle.Length == 0, circle);

    /// <summary>Every step of the circles there are, one line each with a reason; empty = there is none.</summary>
    private static string CircleAmong(string within, int depth)
    {
        var uses = Uses(within, depth).GroupBy(use => (use.From, use.To)).Select(g => g.First()).ToArray();
        // What nothing needs, or what needs nothing, is part of no circle; whatever remains when such are gone is.
        for (var before = -1; before != uses.Length;)
        {
            before = uses.Length;
            uses = [.. uses.Where(use => uses.Any(other => other.From == use.To) && uses.Any(other => other.To == use.From))];
        }
        return string.Join('\n', uses.Select(use => $"{use.From} needs {use.To}: {use.Example}"));
    }

    private static IEnumerable<(string From, string To, string Example)> Uses(string within, int depth) =>
        from type in typeof(WireJson).Assembly.GetTypes()
        where type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true
        let @from = Feature(type, depth)
        where @from.StartsWith(within, StringComparison.Ordinal)
        from used in TypeReferences.Of(type)
        where used.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true
        let to = Feature(used, depth)
        where to.StartsWith(within, StringComparison.Ordinal) && to != @from
        select (@from, to, $"{type.FullName} uses {used.FullName}");

    private static string Feature(Type type, int depth) => string.Join('.', type.Namespace!.Split('.').Skip(2).Take(depth));
}
