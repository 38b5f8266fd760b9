using System.Diagnostics;
using System.Text.RegularExpressions;
using IoTBackend.Adapters.Shared;

namespace Infra.Tests;

/// <summary>The app is built on Microsoft's own packages; what stands in for the two that not every feed serves keeps to its folder.</summary>
public sealed partial class PackageTests
{
    private static readonly string[] StandIns = ["Azure.Containers.ContainerRegistry", "Microsoft.Azure.Functions.Worker.Extensions.EventHubs"];

    [Fact]
    public void No_type_of_ours_lives_in_a_namespace_of_Microsofts_outside_the_stand_ins()
    {
        string[] folders = ["functions", "clients", "local", "infra", "tests"];
        var theirs = folders.Select(folder => Repository.Path(folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.StartsWith(Repository.Path("local", "StandIns"), StringComparison.Ordinal) && !file.Contains("node_modules", StringComparison.Ordinal))
            .Where(file => Theirs().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Repository.Root, file));
        Assert.Empty(theirs);
    }

    [Fact]
    public void Each_stand_in_is_a_project_of_its_own_and_there_are_two() =>
        Assert.Equal(
            StandIns.Order(),
            Directory.EnumerateFiles(Repository.Path("local", "StandIns"), "*.csproj", SearchOption.AllDirectories)
                .Select(project => AssemblyName().Match(File.ReadAllText(project)).Groups[1].Value).Order());

    [Theory]
    [InlineData("Microsoft.Azure.Functions.Worker.Core")]
    [InlineData("Microsoft.Azure.Functions.Worker.Grpc")]
    [InlineData("Microsoft.Azure.Functions.Worker.Extensions.Http.AspNetCore")]
    [InlineData("Microsoft.Azure.Functions.Worker.Extensions.Storage.Queues")]
    [InlineData("Microsoft.Azure.Functions.Worker.Extensions.Timer")]
    [InlineData("Azure.Messaging.EventHubs")]
    [InlineData("Azure.Data.Tables")]
    [InlineData("Azure.Monitor.OpenTelemetry.Exporter")]
    public void The_build_has_Microsofts_own_assembly(string assembly)
    {
        var file = FileVersionInfo.GetVersionInfo(Path.Combine(Path.GetDirectoryName(typeof(CreateTables).Assembly.Location)!, assembly + ".dll"));
        Assert.StartsWith("Microsoft", file.CompanyName, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\s*namespace\s+(Microsoft|Azure|System)\b", RegexOptions.Multiline)]
    private static partial Regex Theirs();

    [GeneratedRegex("<AssemblyName>(.*)</AssemblyName>")]
    private static partial Regex AssemblyName();
}
