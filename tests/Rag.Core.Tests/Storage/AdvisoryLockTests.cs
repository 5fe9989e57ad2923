using System.Reflection;
using Rag.Core.Storage;

namespace Rag.Core.Tests.Storage;

public sealed class AdvisoryLockTests
{
    [Fact]
    public void No_two_tasks_share_a_lock()
    {
        var numbers = typeof(AdvisoryLocks).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => Convert.ToInt64(field.GetRawConstantValue(), null)).ToList();

        Assert.True(numbers.Count >= 4);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
    }
}
