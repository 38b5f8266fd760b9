using System.Reflection;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Shared;
using IoTBackend.Functions.Http;

namespace Functions.Tests.Architecture;

/// <summary>A feature is a folder, and so a namespace. Who reads one feature must not have to read one that needs it in turn.</summary>
public sealed class FeatureTests
{
    private static readonly Assembly Core = typeof(WireJson).Assembly;

    public static TheoryData<Assembly> Assemblies => [Core, typeof(StorageClients).Assembly, typeof(Problem).Assembly];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Features_form_no_circle(Assembly assembly) => AssertNoCircle(Uses(assembly, "", depth: 1));

    [Theory]
    [InlineData("Alerts")]
    [InlineData("Releases")]
    public void A_features_inner_features_form_no_circle(string feature) => AssertNoCircle(Uses(Core, feature, depth: 2));

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void What_all_share_needs_nothing_else(Assembly assembly) =>
        Assert.Empty(Uses(assembly, "", depth: 1).Where(use => use.From == "Shared").Select(use => use.Example));

    private static void AssertNoCircle(IEnumerable<(string From, string To, string Example)> all)
    {
        var uses = all.GroupBy(use => (use.From, use.To)).Select(g => g.First()).ToArray();
        // What nothing needs, or what needs nothing, is part of no circle; whatever remains when such are gone is.
        for (var before = -1; before != uses.Length;)
        {
            before = uses.Length;
            uses = [.. uses.Where(use => uses.Any(other => other.From == use.To) && uses.Any(other => other.To == use.From))];
        }

        Assert.True(uses.Length == 0, string.Join('\n', uses.Select(use => $"{use.From} needs {use.To}: {use.Example}")));
    }

    private static IEnumerable<(string From, string To, string Example)> Uses(Assembly assembly, string within, int depth) =>
        from type in assembly.GetTypes()
        where IsOurs(type)
        let @from = Feature(type, depth)
        where @from.StartsWith(within, StringComparison.Ordinal)
        from used in TypeReferences.Of(type)
        where IsOurs(used)
        let to = Feature(used, depth)
        where to.StartsWith(within, StringComparison.Ordinal) && to != @from
        select (@from, to, $"{type.FullName} uses {used.FullName}");

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("IoTBackend.", StringComparison.Ordinal) == true;

    /// <summary>The namespace without <c>IoTBackend.{project}</c>, so many names of it.</summary>
    private static string Feature(Type type, int depth) => string.Join('.', type.Namespace!.Split('.').Skip(2).Take(depth));
}
