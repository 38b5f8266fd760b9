using System.Reflection;

namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplication
{
    /// <summary>A host for the functions of the program's own assembly.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args, Assembly.GetEntryAssembly()?.GetTypes() ?? []);
}
