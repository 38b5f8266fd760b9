namespace Cli.Tests;

/// <summary>The files of the repository these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(Path(parts));

    /// <summary>Holds the text against a checked-in file; UPDATE_SNAPSHOTS=1 writes it anew.</summary>
    public static void AssertSnapshot(string made, string[] path, string whatNow)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(Path(path), made);
        Assert.True(File.Exists(Path(path)) && Read(path) == made, $"{whatNow} UPDATE_SNAPSHOTS=1 with this test writes {string.Join('/', path)} anew. It would be:\n{made}");
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }
}
