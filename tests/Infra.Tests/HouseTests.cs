using System.Text.RegularExpressions;

namespace Infra.Tests;

/// <summary>What a visitor follows leads somewhere, and what a workflow runs is what was reviewed.</summary>
public sealed partial class HouseTests
{
    [Fact]
    public void Every_link_in_the_documents_leads_to_a_file_that_exists()
    {
        var documents = Directory.EnumerateFiles(Repository.Path("docs"), "*.md", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Repository.Path(), "*.md"));
        var broken = from document in documents
                     from Match link in Link().Matches(File.ReadAllText(document))
                     let target = Path.Combine(Path.GetDirectoryName(document)!, Uri.UnescapeDataString(link.Groups[1].Value))
                     where !File.Exists(target) && !Directory.Exists(target)
                     select $"{document}: {link.Groups[1].Value}";
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_action_is_named_by_its_commit_and_the_same_in_all_workflows()
    {
        var used = Directory.EnumerateFiles(Repository.Path(".github", "workflows")).SelectMany(f => Action().Matches(File.ReadAllText(f))).ToList();
        Assert.NotEmpty(used);
        Assert.All(used, action => Assert.Matches("^[0-9a-f]{40} # v[0-9.]+$", action.Groups[2].Value));
        Assert.All(used.GroupBy(a => a.Groups[1].Value), versions => Assert.Single(versions.Select(a => a.Groups[2].Value).Distinct()));
    }

    /// <summary>The one thing of formatting that neither the build's analyzers nor <c>dotnet format whitespace</c> look at.</summary>
    [Fact]
    public void Every_source_names_what_it_uses_in_order()
    {
        var folders = new[] { "clients", "functions", "infra", "local", "tests" };
        var sources = folders.SelectMany(f => Directory.EnumerateFiles(Repository.Path(f), "*.cs", SearchOption.AllDirectories));
        Assert.DoesNotContain(sources, s => !IsInOrder(File.ReadLines(s)));
    }

    private static bool IsInOrder(IEnumerable<string> lines)
    {
        var used = lines.TakeWhile(l => !l.StartsWith("namespace ", StringComparison.Ordinal)).Select(l => Using().Match(l)).Where(m => m.Success)
            .Select(m => (m.Groups["static"].Success, !$"{m.Groups["name"].Value}.".StartsWith("System.", StringComparison.Ordinal), Name: m.Groups["name"].Value.Replace('.', '\0'))).ToList();
        return used.SequenceEqual(used.OrderBy(u => u.Item1).ThenBy(u => u.Item2).ThenBy(u => u.Name, StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Without those that give another name.</summary>
    [GeneratedRegex(@"^using (?<static>static )?(?<name>[\w.]+);$")]
    private static partial Regex Using();

    /// <summary>Relative ones, without their anchor.</summary>
    [GeneratedRegex(@"\]\((?!https?:|mailto:|#)([^)#\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"uses: ([\w-]+/[\w-]+)(?:/[\w-]+)?@(.+)")]
    private static partial Regex Action();
}
