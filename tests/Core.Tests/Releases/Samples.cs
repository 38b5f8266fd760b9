using System.Runtime.CompilerServices;

namespace Core.Tests.Releases;

/// <summary>Recorded and documented payloads, read from beside the tests: their digests are over the exact bytes.</summary>
internal static class Samples
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(Here())!, "samples");

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public static string[] Lines(string name) => File.ReadAllLines(Path.Combine(Folder, name));

    public static IEnumerable<string> Names(string folder) => Directory.GetFiles(Path.Combine(Folder, folder)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private static string Here([CallerFilePath] string here = "") => here;
}
